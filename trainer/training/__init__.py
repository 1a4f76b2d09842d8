"""The course of a training run, whatever network it trains: device, stages, epochs, and what ends or interrupts it."""
