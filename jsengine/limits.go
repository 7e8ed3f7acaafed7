package jsengine

import (
	"cmp"
	"sync"
	"time"

	"github.com/dlclark/regexp2/v2"
	"github.com/dop251/goja"
	"github.com/dop251/goja/parser"
)

// limits are what stops a script that does not stop by itself. The time and the memory are watched from outside (watch.go);
// the depth of calls and the size of output are counted. An interpreter hears of a stop only between two instructions, so what
// a single instruction could do for ever is refused beforehand (guards.go, nesting.go).
type limits struct {
	timeout   time.Duration
	maxOutput int
	memory    int64
}

const (
	// maxCallDepth: without a limit plain recursion runs until the time is over, and unwinding a deep stack takes time
	// that grows with the square of the depth.
	maxCallDepth = 1500

	// regexpGrace: a regular expression that times out answers "no match" instead of stopping the script, so its own
	// limit has to lie behind the script's.
	regexpGrace = 100 * time.Millisecond
)

func newLimits(o Options) limits {
	longest := fixRegexpTimeout(cmp.Or(o.Timeout, DefaultTimeout)) - regexpGrace
	return limits{
		timeout:   min(cmp.Or(o.Timeout, DefaultTimeout), longest),
		maxOutput: cmp.Or(o.MaxOutput, defaultMaxOutput),
		memory:    cmp.Or(o.Memory, DefaultMemory),
	}
}

var regexpTimeout sync.Once

// fixRegexpTimeout sets, once in a process, how long a backtracking match may take, and returns what was set. It is read
// whenever an expression is compiled, also in running scripts, so it cannot change any more.
func fixRegexpTimeout(limit time.Duration) time.Duration {
	regexpTimeout.Do(func() { regexp2.DefaultMatchTimeout = limit + regexpGrace })
	return regexp2.DefaultMatchTimeout
}

// apply sets the limits an interpreter keeps by itself.
func (l limits) apply(vm *goja.Runtime) {
	vm.SetMaxCallStackSize(maxCallDepth)
	vm.SetParserOptions(parserOptions...)
}

// parserOptions: by default the parser opens the file that a sourceMappingURL comment names.
var parserOptions = []parser.Option{parser.WithDisableSourceMaps}
