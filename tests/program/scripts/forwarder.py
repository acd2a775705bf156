"""Copies the new entries of an access log to stdout, and says on stderr how many came in each ten seconds.

    tail -n 0 -F access.log | forwarder.py
"""

import re
import sys
from collections import Counter

# `[06/Nov/2025:10:30:15 +0000]`: the time up to the tens of seconds.
TIME = re.compile(r"\[(\d\d/\w{3}/\d{4}:\d\d:\d\d:\d)\d [+-]\d{4}\]")

windows = Counter()
for line in sys.stdin:
    sys.stdout.write(line)
    match = TIME.search(line)
    if match:
        windows[match[1]] += 1

for count in windows.values():
    print(f"{count} new entries", file=sys.stderr)
