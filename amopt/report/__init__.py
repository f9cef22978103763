"""What a solution looks like: in the terminal, as one object for machines, as a page or workbook.

``words``
    How values and outcomes read, wherever they are shown.
``terminal``, ``waiting``
    What a planner reads, and sees while work goes on.
``machine``
    One JSON object a command.
``document``, ``page``, ``grids``, ``pictures``
    Pages: before they are written, as HTML, their tables and their pictures.
``workbook``
    Answers as workbooks.
``compared``, ``overviews``, ``tornado``, ``studies``
    What is told of several answers, of none yet, and of studies.
"""
