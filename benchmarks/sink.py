"""A carrier that accepts everything and remembers nothing: as fast as Python can be, so that it measures us.

Answers are made from the bytes as they come; with --receipts each segment gets its receipt right behind its answer.
"""

import asyncio
import struct
import sys

import uvloop

SUBMIT, SUBMIT_RESP, DELIVER = 0x00000004, 0x80000004, 0x00000005
BIND, UNBIND, ENQUIRE = (0x00000001, 0x00000002, 0x00000009), 0x00000006, 0x00000015
HEADER = struct.Struct(">IIII")


class Sink(asyncio.Protocol):
    numbers = 0

    def __init__(self, receipts: bool) -> None:
        self._receipts = receipts
        self._left = b""
        self._deliver = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        data = self._left + data
        at, size, out = 0, len(data), []
        while size - at >= 16:
            length, command, _, sequence = HEADER.unpack_from(data, at)
            if size - at < length:
                break
            if command == SUBMIT:
                Sink.numbers += 1
                out.append(HEADER.pack(27, SUBMIT_RESP, 0, sequence) + b"%010d\0" % Sink.numbers)
                if self._receipts:
                    out.append(self._receipt(data[at + 16 : at + length], b"%010d" % Sink.numbers))
            elif command in BIND:
                out.append(HEADER.pack(21, command | 0x80000000, 0, sequence) + b"sink\0")
            elif command in (UNBIND, ENQUIRE):
                out.append(HEADER.pack(16, command | 0x80000000, 0, sequence))
            at += length
        self._left = data[at:]
        if out:
            self._transport.write(b"".join(out))

    def _receipt(self, body: bytes, number: bytes) -> bytes:
        source_end = body.index(0, 3)
        destination_end = body.index(0, source_end + 3)
        source, destination = body[3:source_end], body[source_end + 3 : destination_end]
        text = (
            b"id:%b sub:001 dlvrd:001 submit date:2601010000 done date:2601010000 stat:DELIVRD err:000 text:" % number
        )
        self._deliver += 1
        pdu = b"\0\1\1" + destination + b"\0\0\0" + source + b"\0\4\0\0\0\0\0\0\0\0" + bytes((len(text),)) + text
        pdu += body[-6:]  # user_message_reference, as it came
        return HEADER.pack(16 + len(pdu), DELIVER, 0, self._deliver) + pdu


async def main() -> None:
    receipts = "--receipts" in sys.argv
    server = await asyncio.get_running_loop().create_server(lambda: Sink(receipts), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
