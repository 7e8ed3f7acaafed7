//go:build !race

package jsengine

const raceDetector = false
