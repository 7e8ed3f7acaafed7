//go:build unix

package jsengine

import (
	"fmt"
	"os"
	"syscall"
)

// peakMemory is the largest resident memory of this process, in MB.
func peakMemory() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(fmt.Sprint("getrusage: ", err))
	}
	return usage.Maxrss >> 10
}

// peakOf is that of a process that has ended.
func peakOf(s *os.ProcessState) int64 { return s.SysUsage().(*syscall.Rusage).Maxrss >> 10 }

func makePipe(path string) error { return syscall.Mkfifo(path, 0o600) }
