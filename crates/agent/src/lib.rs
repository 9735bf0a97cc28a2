//! Asks, gathers, shows and sends on the operator's machine.
