"""The codes of what may be wrong with a workbook or a folder of csv files."""

from __future__ import annotations

from amopt.finding import Code, Severity

__all__ = ["TABLES"]

TABLES = (
    Code(
        "missing-sheet",
        "The sheet that says what the instance is, is not there.",
        "Add a sheet `instance` with the columns `key` and `value`; `amopt new KIND FILE.xlsx` "
        "writes one.",
    ),
    Code(
        "unknown-sheet",
        "A sheet is none of such an instance, or the workbook has none of this name.",
        "Check its name; begin the name of a sheet for your own use with `_`.",
    ),
    Code(
        "unknown-column",
        "A sheet has a column that the format does not have.",
        "Check its heading; the sheet `notes` of a template lists every column.",
    ),
    Code(
        "missing-column",
        "A table lacks a column that is needed.",
        "Add the column, or mend the heading of the one that is meant.",
    ),
    Code(
        "unknown-entry",
        "A row belongs to an entry that the sheet of those entries does not have.",
        "Check the name, or add the entry to its sheet.",
    ),
    Code(
        "total-row",
        "The last row of a table has the name of a sum, and would count as one entry more.",
        "Remove it, or leave it if it is an entry; one that lacks what entries need is left out.",
        Severity.WARNING,
    ),
    Code(
        "cell-without-heading",
        "A cell has no heading above it, or no key beside it.",
        "Write the heading, or clear the cell.",
    ),
    Code(
        "row-far-below",
        "A row stands far below the others.",
        "Remove it, or the blank rows above it.",
    ),
    Code(
        "cell-error",
        "A cell holds an error of the spreadsheet program, such as #N/A.",
        "Repair the formula.",
    ),
    Code(
        "formula-without-value",
        "A formula was never worked out, so that nobody knows its value.",
        "Open the workbook in a spreadsheet program and save it once.",
    ),
    Code(
        "merged-cells",
        "Cells are merged: only the first of them has a value.",
        "Unmerge them and write the value into each.",
    ),
    Code(
        "external-link",
        "Formulas look into other workbooks, which may have changed since.",
        "Bring the links up to date and save it, or write values in their place.",
        Severity.WARNING,
    ),
    Code(
        "hidden-rows",
        "Rows or columns are hidden or filtered away, and are read like the others.",
        "Show them, or delete them if they are not meant to be read.",
        Severity.WARNING,
    ),
    Code(
        "hidden-sheet",
        "A sheet is hidden, and is read like the others.",
        "Show it, or begin its name with `_` if it is not meant to be read.",
        Severity.WARNING,
    ),
    Code(
        "number-as-name",
        "A name is a number in the sheet; zeros at its beginning may be gone.",
        "Format the column as text and write the name again.",
        Severity.WARNING,
    ),
    Code(
        "percent-cell",
        "A cell of a column in percent shows its number as percent, and is read as it is shown.",
        "Leave it, or write the number of percent in a cell with a plain number format.",
        Severity.WARNING,
    ),
    Code(
        "title-row",
        "Rows above the headings, such as a title, are not read.",
        "Leave them, or begin the sheet with the headings.",
        Severity.WARNING,
    ),
    Code(
        "absent-amount",
        "A sheet that has columns which it does not use lacks one of money, which counts as 0.",
        "Add the column, or write 0 where that is meant.",
        Severity.WARNING,
    ),
    Code(
        "macros-not-run",
        "A workbook that may hold macros is read as it was saved: no macro is run.",
        "Save it after its macros have run, or as .xlsx.",
        Severity.WARNING,
    ),
    Code(
        "template-row",
        "Entries of the template's example are left beside entries of your own.",
        "Remove their rows, or leave them if they are meant.",
        Severity.WARNING,
    ),
)
