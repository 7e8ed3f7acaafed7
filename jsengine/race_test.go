//go:build race

package jsengine

import "time"

const raceDetector = true

// hostileTimeout is the time limit of hostile scripts. How they end is not looked at here when it is over.
const hostileTimeout = 300 * time.Millisecond
