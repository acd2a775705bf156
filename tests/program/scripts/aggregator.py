"""Counts the levels of a log for every ten seconds, by the log's own time, and keeps the errors.

    aggregator.py app.log summary.log errors.log
"""

import re
import sys
from collections import Counter, defaultdict

# `2025-11-06 10:30:15,123 - ERROR - failed`: the time up to the tens of seconds, and the level.
RECORD = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d)\d,\d{3} - (\w+) - ")

log_path, summary_path, errors_path = sys.argv[1:]
windows = defaultdict(Counter)
with open(log_path) as log, open(errors_path, "a") as errors:
    level = None
    for line in log:
        match = RECORD.match(line)
        # Other lines, those of a traceback, belong to the record before.
        if match:
            window, level = match.groups()
            windows[window][level] += 1
        if level in ("ERROR", "CRITICAL"):
            errors.write(line)

with open(summary_path, "a") as summary:
    for _, levels in sorted(windows.items()):
        summary.write(f"INFO:{levels['INFO']}, WARN:{levels['WARNING']}, ERROR:{levels['ERROR']}\n")
