# Copyright (C) the ngx_sandbox authors

# Listens on as many ports as its second argument says, upwards from the first,
# and answers "ok"; a request for /hold is kept without an answer, one for /big
# gets 4 MB.

import asyncio
import sys


async def serve(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b'\r\n\r\n')
            path = head.split(b' ')[1]
            if path == b'/hold':
                await reader.read()
                break
            if path == b'/big':
                writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 4194304\r\n'
                             b'\r\n')
                for i in range(512):
                    writer.write(b'x' * 8192)
                    await writer.drain()
                continue
            writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    writer.close()


async def main(first, n):
    for port in reversed(range(first, first + n)):
        await asyncio.start_server(serve, '127.0.0.1', port)
    await asyncio.Event().wait()


asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
