//go:build unix

package jsengine

import (
	"bytes"
	"os"
	"runtime/debug"
	"strconv"

	"golang.org/x/sys/unix"
)

// workerRoom is the address space that Go's runtime takes beside the objects on its heap: stacks, tables, and space it reserves
// before it uses it.
const workerRoom = 768 << 20

// boundMemory has the operating system refuse this process more than a script may take, twice over. The runtime reserves far
// more address space than it uses, so the bound is above what is reserved already.
func boundMemory(limit int64) {
	debug.SetMemoryLimit(limit + limit/2)
	bound := uint64(reserved() + 2*limit + workerRoom)
	var now unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_AS, &now) != nil || now.Cur < bound {
		return
	}
	_ = unix.Setrlimit(unix.RLIMIT_AS, &unix.Rlimit{Cur: bound, Max: now.Max}) // without it the watchdog is still there
}

// reserved returns the address space this process has; where that cannot be read, what Go takes at most at its start.
func reserved() int64 {
	const usual = 2 << 30
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return usual
	}
	first, _, _ := bytes.Cut(data, []byte(" "))
	pages, err := strconv.ParseInt(string(first), 10, 64)
	if err != nil {
		return usual
	}
	return pages * int64(os.Getpagesize())
}
