package main

import "math/rand/v2"

// randomSeed draws the seed of a run. It is kept short enough to be typed again.
func randomSeed() uint64 { return rand.Uint64N(1_000_000_000) }
