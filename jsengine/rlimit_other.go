//go:build !unix

package jsengine

import "runtime/debug"

// boundMemory can only ask the garbage collector here: the operating system is not asked to refuse memory.
func boundMemory(limit int64) { debug.SetMemoryLimit(limit + limit/2) }
