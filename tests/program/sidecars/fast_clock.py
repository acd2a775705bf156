"""Runs a program at 2025-11-06 10:30:10 UTC, sixty times as fast as time goes by: fast_clock.py BEGINNING PROGRAM

BEGINNING is when that was, in seconds since 1970, so that the program can be started again later.
"""

import runpy
import sys
import time

beginning, program = float(sys.argv[1]), sys.argv[2]
now = time.time
time.time = lambda: 1_762_425_010 + (now() - beginning) * 60
# Python 3.13 asks for this one.
time.time_ns = lambda: int(time.time() * 1_000_000_000)
runpy.run_path(program, run_name="__main__")
