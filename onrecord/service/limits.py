"""What one request may ask of the service, and how many may wait: the only place that says so.

GET /v1/model tells clients. How long one request can hold the model is set by CHARACTERS: measured 20 seconds on one
busy core, 33 for an article made to be slow. What reading it takes besides is bounded by PROCESSOR_SECONDS.
"""

# open at once: the next one takes the place of one that is idle; with 1,000 a flood lost 3% of its answers
CONNECTIONS = 5_000
READ_BYTES = 4_096  # of a connection before others have their turn: parsing that many takes 5 ms at worst
BODY_BYTES = 1_000_000  # of a request: a web page with its markup; a long article has 200 thousand
DISCARDED_BYTES = 10_000_000  # of a body that is too large, before the connection is cut
BODY_SECONDS = 30.0  # from the head of a request to the end of its body: a client that trickles holds a place no longer
BODIES = 64  # being received at once: with BODY_BYTES the bound on memory before the queue
TEXTS = 1_000  # of a predict request
TEXT_CHARACTERS = 5_000  # of a text to predict, and of a sentence in an article
CHARACTERS = 200_000  # of all texts of a request together, and of an article: in HTML the main text without the markup
SENTENCES = 10_000  # of an article; one of CHARACTERS has some two thousand
PROCESSOR_SECONDS = 10.0  # for reading an article, without the model's: then it is given up
WAITING = 128  # requests that wait behind the one that is answered; the next one is told to come again
WAITING_CHARACTERS = 3_200_000  # of those requests together: sixteen of the largest
WAITING_SECONDS = 30.0  # until a request that nothing was done for is given up
BATCH_CHARACTERS = 4_000  # of texts that the model is given at once, from all requests that wait: some thirty sentences
GATHER_SECONDS = 0.005  # that a batch waits for requests if the one before had more of them
IDLE_SECONDS = 75  # that a connection is kept without a request: longer than proxies keep theirs (60 is usual), or one
# would send into a connection that is being closed
UNREAD_SECONDS = 30  # that a client may leave its answer unread, before its connection is cut
DRAIN_SECONDS = 150  # from SIGTERM to the end, if what was accepted takes as long; docs/deployment.md kills at 180
RETRY_SECONDS = 2  # when to come again
ERRORS = 10  # told of one request
