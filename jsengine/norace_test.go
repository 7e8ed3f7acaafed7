//go:build !race

package jsengine

import "time"

const raceDetector = false

// hostileTimeout is the time limit of hostile scripts.
const hostileTimeout = time.Second
