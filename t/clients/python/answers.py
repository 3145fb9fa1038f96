# Copyright (C) the ngx_sandbox authors

"""A server on a free port that gives these answers in turn, the last one again
and again: (status, headers, body), None to close the connection, or a status
below 1, which is a delay in seconds. A list is a body of events.
"""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Answers:
    def __init__(self, *answers, close=False):
        self.answers = list(answers)
        self.close_after = close
        self.requests = []
        self.connections = 0

    def __enter__(self):
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                outer.connections += 1
                super().setup()

            def answer(self):
                length = int(self.headers.get("Content-Length", 0))
                self.body = self.rfile.read(length)
                outer.requests.append(self)
                n = min(len(outer.requests), len(outer.answers))
                answer = outer.answers[n - 1]

                if answer is None:
                    self.close_connection = True
                    self.connection.close()
                    return

                status, headers, body = answer

                if status < 1:
                    time.sleep(status)
                    status = 200

                if isinstance(body, list):
                    text = "".join(f"data: {json.dumps(event)}\n\n"
                                   for event in body)
                elif isinstance(body, str):
                    text = body
                else:
                    text = json.dumps(body)

                self.send_response(status)

                for name, value in headers.items():
                    self.send_header(name, value)

                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())
                self.close_connection = outer.close_after

            do_GET = do_POST = do_DELETE = do_PUT = answer

            def log_message(self, *args):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *args):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        return self

    def __exit__(self, *args):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
