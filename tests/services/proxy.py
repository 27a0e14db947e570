"""A wire that can fail: a TCP proxy between a worker and its broker, one thread for all of them.

    wires = Wires()
    wire = wires.add()                      # wire.port is taken from now on
    wire.target = ("127.0.0.1", 9092)
    wire.cut()                              # all connections end with a reset, new ones are refused
    wire.stall()                            # connections stay open and carry nothing; what is under way arrives after heal()
    wire.delay(0.2)                         # each piece of bytes takes so long, in each direction
    wire.heal()
"""
import asyncio
import socket
import threading

PIECE_BYTES_MAX = 65536


class Wire:
    """One listening port and what becomes of the bytes that pass it. The methods may be called from any thread."""

    def __init__(self, wires):
        self._wires = wires
        self.target = None  # (host, port); until it is set, connections are refused
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._refusing = False
        self._delay_s = 0.0
        self._open = set()  # writers of both sides
        self._flow = None

    def cut(self):
        self._wires.call(self._cut)

    def stall(self):
        self._wires.call(self._flow.clear)

    def delay(self, seconds):
        def change():
            self._delay_s = seconds

        self._wires.call(change)

    def heal(self):
        def change():
            self._refusing, self._delay_s = False, 0.0
            self._flow.set()

        self._wires.call(change)

    def _cut(self):
        self._refusing = True
        for writer in list(self._open):
            writer.transport.abort()

    async def _serve(self):
        self._flow = asyncio.Event()
        self._flow.set()
        self._server = await asyncio.start_server(self._connection, sock=self._socket)

    async def _connection(self, reader, writer):
        if self._refusing or self.target is None:
            writer.transport.abort()
            return
        self._open.add(writer)
        try:
            await self._flow.wait()
            far_reader, far_writer = await asyncio.open_connection(*self.target)
        except OSError:
            self._drop(writer)
            return
        self._open.add(far_writer)
        await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))
        self._drop(writer)
        self._drop(far_writer)

    def _drop(self, writer):
        self._open.discard(writer)
        writer.transport.abort()

    async def _pump(self, reader, writer):
        """One direction, to its end; the end of one is told to the other side."""
        try:
            while piece := await reader.read(PIECE_BYTES_MAX):
                if self._delay_s:
                    await asyncio.sleep(self._delay_s)
                await self._flow.wait()
                writer.write(piece)
                await writer.drain()
            if writer.can_write_eof():
                writer.write_eof()
        except (OSError, RuntimeError):
            writer.transport.abort()


class Wires:
    """The thread that moves the bytes. close() ends it and all connections."""

    def __init__(self):
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="wires", daemon=True)
        self._thread.start()
        self._all = []

    def add(self):
        wire = Wire(self)
        asyncio.run_coroutine_threadsafe(wire._serve(), self._loop).result(10)
        self._all.append(wire)
        return wire

    def call(self, change):
        """Runs `change` in the thread of the wires and waits for it."""
        done = threading.Event()

        def run():
            change()
            done.set()

        self._loop.call_soon_threadsafe(run)
        if not done.wait(10):
            raise RuntimeError("the thread of the wires does not answer")

    def close(self):
        for wire in self._all:
            wire.cut()
            self.call(wire._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
