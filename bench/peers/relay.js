// A naive relay: what comes goes to all others in the room as it is. For `bench/rooms.py`.
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: Number(process.argv[2]),
  fetch(request, server) {
    return server.upgrade(request, { data: { room: new URL(request.url).pathname } })
      ? undefined
      : new Response("only WebSocket", { status: 400 });
  },
  websocket: {
    perMessageDeflate: false,
    open(socket) {
      socket.subscribe(socket.data.room);
    },
    message(socket, message) {
      socket.publish(socket.data.room, message);
    },
  },
});
console.log(`ready: ${server.port}`);
