"""Ground floor: any file becomes validated data.

To be read in the order in which a file is:

``document``, ``formats``, ``workbook``
    A text or tables as plain data that remember where each value stands.
``include``, ``plain``
    A network in a file of its own; what Python code hands over, as a file would hold it.
``common``, ``amounts``, ``loadable``
    The models that say what may stand in a file, and what the loader asks of them.
``findings``
    What is wrong, in a planner's words: fields, names, and the catalogue of codes.
``loader``, ``partial``
    All of it at once: a valid instance, or everything that is wrong, also beside wrong fields.
``schema``, ``catalogue``, ``suggest``, ``collector_pause``
    Schemas for editors; the instances that ship with amopt; *did you mean*; haste.
"""
