"""A service whose log is rotated by the handlers of `logging`: by size or by time."""

import logging
import logging.handlers
import sys
import time

how, path = sys.argv[1:]
if how == "size":
    handler = logging.handlers.RotatingFileHandler(path, maxBytes=20_000, backupCount=100)
else:
    handler = logging.handlers.TimedRotatingFileHandler(path, when="S", interval=1, backupCount=100)
handler.setFormatter(logging.Formatter("[%(asctime)s] %(message)s", "%Y-%m-%d %H:%M:%S"))
log = logging.getLogger("service")
log.setLevel(logging.INFO)
log.addHandler(handler)
end = time.monotonic() + 4
number = 0
while time.monotonic() < end:
    log.info("message %d.", number)
    number += 1
    time.sleep(0.001)
