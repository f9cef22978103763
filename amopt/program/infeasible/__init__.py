"""Why a program has no solution: the limits that clash, and the least change that mends it."""
