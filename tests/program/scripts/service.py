"""A shop: answers over HTTP, and logs what it does as such programs do, with a traceback for each failure.

    service.py app.log

Prints the port on which it listens. `X-Time` of a request, in milliseconds since 1970, is the time at which the service
takes it to come, so that a minute of its log need not take a minute.
"""

import logging
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

now = 0


def record(*args, **kwargs):
    record = logging.LogRecord(*args, **kwargs)
    record.created, record.msecs = now / 1000, now % 1000
    return record


logging.setLogRecordFactory(record)
logging.basicConfig(
    filename=sys.argv[1], level=logging.DEBUG, format="%(asctime)s - %(levelname)s - %(message)s", encoding="utf-8"
)


class Declined(Exception):
    """The bank does not pay."""


def pay(order):
    try:
        raise TimeoutError("the bank does not answer")
    except TimeoutError as error:
        raise Declined(f"order {order}\nis not paid") from error


class Shop(BaseHTTPRequestHandler):
    def do_GET(self):
        global now
        now = int(self.headers["X-Time"])
        page, _, order = self.path.removeprefix("/").partition("/")
        status = 200
        if page == "orders":
            logging.debug("looking for order %s", order)
        elif page == "pay":
            try:
                pay(order)
            except Declined:
                logging.exception("cannot take money for order %s", order)
                status = 502
        elif page == "stock":
            logging.critical("the stock is lost:\n  shelf %s\n\n  shelf 2", order)
            status = 500
        else:
            logging.warning("no such page: %s", self.path)
            status = 404
        self.send_response(status)
        self.end_headers()

    def log_message(self, format, *args):
        logging.info(format, *args)


server = HTTPServer(("127.0.0.1", 0), Shop)
print(server.server_port, flush=True)
server.serve_forever()
