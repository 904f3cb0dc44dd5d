#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""frame.py INTERFACE SOURCE-MAC - a broadcast frame with that source out of the interface."""
import socket
import sys

interface, source = sys.argv[1:]
frame = b"\xff" * 6 + bytes.fromhex(source.replace(":", "")) + b"\x88\xb5" + bytes(46)
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
    wire.bind((interface, 0))
    wire.send(frame)
