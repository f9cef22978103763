"""The codes of what can be wrong with a screening file and its table."""

from __future__ import annotations

from amopt.instance.findings import Code, Severity

__all__ = ["CODES"]

_TABLE = (
    Code(
        "portfolio-source",
        "The parts are given twice, or not at all.",
        "Give either the file of a table or rows, and not both.",
    ),
    Code(
        "table-outside",
        "The table is not in the folder of the instance or below it.",
        "Put the table into the folder of the instance, and write its name relative to it.",
    ),
    Code("table-not-found", "There is no table of this name.", "Check the name of the file."),
    Code(
        "table-format",
        "The table's content is not what its suffix says, or its suffix is not one that is read.",
        "Save it as .csv or .xlsx without a password, or as .parquet, and name it so.",
    ),
    Code(
        "table-too-large",
        "The table is larger than amopt reads, or becomes so when it is unpacked.",
        "Check the file; cut it into several portfolios if it is one.",
    ),
    Code(
        "table-malformed",
        "The table cannot be read: its encoding, its quotes, or the length of its rows.",
        "Save it again from the program that made it, in UTF-8.",
    ),
    Code(
        "table-empty",
        "The table has no parts.",
        "Write headings in the first row, and one part a row below it.",
    ),
    Code("duplicate-column", "Two columns have the same heading.", "Rename or remove one of them."),
    Code(
        "wrong-unit",
        "A heading states a unit that its attribute is not in.",
        "Convert the numbers, or give the column a factor under portfolio.columns.",
    ),
    Code(
        "unused-column",
        "Columns of the table are no attributes, and are not read.",
        "Leave them, or mend the heading where one is meant.",
        Severity.WARNING,
    ),
)

_CELLS = (
    Code("part-without-number", "A row has no part number.", "Write one, or remove the row."),
    Code("duplicate-part", "Two rows have the same part number.", "Keep one of the two."),
    Code(
        "similar-part",
        "Two part numbers differ by capitals alone; they are counted as two parts.",
        "Keep one of the two if they are the same part.",
        Severity.WARNING,
    ),
    Code(
        "cell-not-a-number",
        "A cell holds text where a number is due.",
        "Write the number alone, without units and thousands; leave it blank where not known.",
    ),
    Code(
        "cell-out-of-range",
        "A number in a cell is outside the range in which it has a meaning.",
        "Check its sign and its unit; the heading says the unit.",
    ),
    Code(
        "cell-not-a-choice",
        "A cell holds another text than those that its attribute allows.",
        "Write one of the words that the message lists; leave it blank where not known.",
    ),
    Code(
        "cell-hidden-character",
        "A text in a cell holds a line break or a character that nobody sees.",
        "Write it again, with visible characters only.",
    ),
)

_INSTANCE = (
    Code(
        "unknown-attribute",
        "No attribute has this name.",
        "Check its spelling, or declare it under attributes.",
    ),
    Code(
        "known-attribute",
        "An attribute is declared that amopt has already, or twice.",
        "Leave the declaration out, or give the attribute another name.",
    ),
    Code(
        "unsuited-attribute",
        "What is asked of an attribute does not suit its kind.",
        "Numbers have at_least and at_most, texts one_of and none_of, yes and no equals.",
    ),
    Code(
        "rule-without-test",
        "A rule does not say what passes it, or two things that exclude each other.",
        "Give one of at_least, at_most, one_of, none_of, equals.",
    ),
    Code(
        "exactly-one-worth",
        "A criterion must say in exactly one way what a value is worth.",
        "Give one of linear, logistic, steps, values.",
    ),
    Code(
        "flat-worth",
        "A criterion is worth the same at every value.",
        "Make the worst and the best differ, or the slope other than 0.",
    ),
    Code(
        "steps-not-rising",
        "The steps of a criterion are not in the order of their values.",
        "Order them by `from`.",
    ),
    Code(
        "weight-and-comparison",
        "Of goals or criteria that share a weight of 1, some have a weight and others do not.",
        "Give each of them a weight, or none, and compare all pairs.",
    ),
    Code(
        "no-weight",
        "All weights of a set are 0.",
        "Give at least one of them a weight.",
    ),
    Code(
        "missing-comparison",
        "Two goals, or two criteria of a goal, are not compared.",
        "Add the comparison, or give every member of the set a weight.",
    ),
    Code(
        "stray-comparison",
        "A comparison is given twice, or compares what does not belong together.",
        "Compare each pair of goals once, and each pair of criteria of one goal.",
    ),
    Code(
        "inconsistent-comparisons",
        "The judgements contradict each other more than is taken for a slip.",
        "Judge again the pair that is named, or raise largest_consistency_ratio.",
    ),
    Code(
        "unmatched-text",
        "No part has a text that the instance names, and it may be a slip.",
        "Write it as the table does, or leave it if none is meant to have it.",
        Severity.WARNING,
    ),
    Code(
        "limit-without-number",
        "A limit of the examination limits nothing, or its two ends cross.",
        "Give at_least or at_most, the first not above the second.",
    ),
)

CODES: tuple[Code, ...] = (*_TABLE, *_CELLS, *_INSTANCE)
