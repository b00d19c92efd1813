"""The network side: from the HTTP request to the end of the WebSocket.

socket        the WebSocket of `websockets`, with the time of the last byte received
sockets       all sockets of a server, and the bound of their number
address       the address of a client, also behind proxies
request       what is read from an HTTP request, strictly
handshake     the answer to each HTTP request: health, origins, credentials
admission     which session a client may open, and how much it may do there
connection    one client: hello, welcome, replay, frames in their order, end
replay        the log for a new connection, and the frames held back behind it
inbound       what a client sends: each frame decoded, judged, acted on and answered
resend_order  in which order messages come again that were refused for now
outbound      what a client is sent: the bounded queue of frames to it
"""
