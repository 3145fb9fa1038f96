# Copyright (C) the ngx_sandbox authors

# Listens on as many ports as its second argument says, upwards from the first,
# and answers "ok"; a request for /hold is kept without an answer.

import asyncio
import sys


async def serve(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b'\r\n\r\n')
            if head.split(b' ')[1] == b'/hold':
                await reader.read()
                break
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
