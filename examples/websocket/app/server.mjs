/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * A chat: what one says goes to all.  Text of up to 64 KB (RFC 6455), without
 * extensions and fragments, which is all that the page sends.
 */

import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';

const page = readFileSync(new URL('index.html', import.meta.url));
const sockets = new Set();

const server = createServer((request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' });
    response.end(page);
});

function frame(opcode, data) {
    const head = data.length < 126
        ? Buffer.from([0x80 | opcode, data.length])
        : Buffer.from([0x80 | opcode, 126, data.length >> 8,
            data.length & 0xff]);

    return Buffer.concat([head, data]);
}

/* takes whole frames off the buffer; returns what is left of it */

function frames(buffer, take) {
    for (;;) {
        let length = buffer.length < 2 ? 0 : buffer[1] & 0x7f;
        let start = 6;

        if (length === 126) {
            length = buffer.length < 4 ? 0 : buffer.readUInt16BE(2);
            start = 8;
        }

        if (buffer.length < start || buffer.length < start + length) {
            return buffer;
        }

        const mask = buffer.subarray(start - 4, start);
        const data = Buffer.from(buffer.subarray(start, start + length));

        for (let i = 0; i < data.length; i++) {
            data[i] ^= mask[i % 4];
        }

        take(buffer[0] & 0x0f, data);
        buffer = buffer.subarray(start + length);
    }
}

server.on('upgrade', (request, socket, head) => {
    const accept = createHash('sha1')
        .update(request.headers['sec-websocket-key']
            + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11')
        .digest('base64');

    socket.write('HTTP/1.1 101 Switching Protocols\r\n'
        + 'Upgrade: websocket\r\nConnection: Upgrade\r\n'
        + `Sec-WebSocket-Accept: ${accept}\r\n\r\n`);

    let left = head;

    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());

    socket.on('data', (chunk) => {
        left = frames(Buffer.concat([left, chunk]), (opcode, data) => {
            if (opcode === 8) {
                socket.end(frame(8, data));

            } else if (opcode === 9) {
                socket.write(frame(10, data));

            } else if (opcode === 1) {
                for (const other of sockets) {
                    other.write(frame(1, data));
                }
            }
        });
    });
});

server.listen(process.env.PORT || 9001, '127.0.0.1', () => {
    console.log('the chat is open');
});
