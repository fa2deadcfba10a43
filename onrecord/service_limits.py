"""What one request may ask of the service, and how many may wait: the only place that says so. GET /v1/model tells clients.

How long one request can hold the model is set by CHARACTERS: measured 20 seconds on one busy core, 33 for an article made to be slow.
"""

BODY_BYTES = 1_000_000  # of a request: a web page with its markup; a long article has 200 thousand
DISCARDED_BYTES = 10_000_000  # of a body that is too large, before the connection is cut
BODY_SECONDS = 30.0  # from the head of a request to the end of its body: a client that trickles holds a place no longer
BODIES = 64  # being received at once: with BODY_BYTES the bound on memory before the queue
TEXTS = 1_000  # of a predict request
TEXT_CHARACTERS = 5_000  # of a text to predict, and of a sentence in an article: the rules for dates take time by its square, 3 minutes for one of 200,000
CHARACTERS = 200_000  # of all texts of a request together, and of an article, which in HTML is the main text without the markup
WAITING = 16  # requests that wait for the model while it is at another; the next one is told to come again
RETRY_SECONDS = 2  # when to come again
ERRORS = 10  # told of one request
