"""What carries messages between regions: NATS JetStream, or memory.

``ports`` says what the rest of the federation needs of either.
"""
