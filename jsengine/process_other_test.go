//go:build !unix

package jsengine

import "os"

// peakMemory and peakOf do not know, and 0 is never too much.
func peakMemory() int64 { return 0 }

func peakOf(*os.ProcessState) int64 { return 0 }

// makePipe makes a file: there are no pipes with names of paths.
func makePipe(path string) error { return os.WriteFile(path, nil, 0o600) }
