"""A base station for tests, in Python: its own DER, certificates and CMP
messages, so that anything can be put on the wire and any reply be judged
without the code under test. Keys and signatures are python3-cryptography's.
"""
