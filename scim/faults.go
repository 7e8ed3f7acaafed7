package scim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Fault is one way in which the server misbehaves, as servers in the field do, so that a failing run can be seen.
type Fault struct {
	Name  string        // one of FaultNames
	Delay time.Duration // for "slow" only: how long each answer is held back
}

// String is the form that ParseFault reads.
func (f Fault) String() string {
	if f.Name == faultSlow {
		return f.Name + "=" + f.Delay.String()
	}
	return f.Name
}

const (
	faultNoBody401     = "401-no-body"
	faultDuplicate     = "duplicate-accepted"
	faultCaseSensitive = "case-sensitive"
	faultMissingName   = "missing-name"
	faultStringCounts  = "string-counts"
	faultSlow          = "slow"
	faultHTMLErrors    = "html-errors"
	faultDrop          = "drop"
)

// FaultNames lists every fault by name: 401-no-body (a 401 has an empty body), duplicate-accepted (a second user
// with the same userName is 201), case-sensitive (userName is compared with case), missing-name (users are answered
// without name), string-counts (totalResults, startIndex, itemsPerPage are strings), slow (each answer waits; takes
// a duration), html-errors (errors are an HTML page), drop (the connection closes without an answer).
func FaultNames() []string {
	return []string{faultNoBody401, faultDuplicate, faultCaseSensitive, faultMissingName,
		faultStringCounts, faultSlow, faultHTMLErrors, faultDrop}
}

// ParseFault reads a fault as the command line spells it: a name of FaultNames, and for "slow" a duration after an
// equals sign ("slow=300ms"). An unknown name is an error that lists all names.
func ParseFault(text string) (Fault, error) {
	name, value, hasValue := strings.Cut(text, "=")
	if !slices.Contains(FaultNames(), name) {
		return Fault{}, unknownFault(name)
	}
	if name != faultSlow {
		if hasValue {
			return Fault{}, fmt.Errorf("fault %q takes no value; write %q", text, name)
		}
		return Fault{Name: name}, nil
	}
	delay, err := time.ParseDuration(value)
	if err != nil || delay <= 0 {
		return Fault{}, fmt.Errorf("fault %q needs a positive duration, such as slow=300ms", text)
	}
	return Fault{Name: name, Delay: delay}, nil
}

func unknownFault(name string) error {
	return fmt.Errorf("unknown fault %q; known are %s", name, strings.Join(FaultNames(), ", "))
}

// faults is the set of switches the server looks at.
type faults struct {
	noBody401, duplicate, caseSensitive, missingName, stringCounts, htmlErrors, drop bool
	delay                                                                            time.Duration
}

// newFaults switches the named faults on. A name that is not one of FaultNames is a mistake of the program that
// made the Fault without ParseFault, hence the panic.
func newFaults(list []Fault) faults {
	var on faults
	switches := map[string]*bool{
		faultNoBody401: &on.noBody401, faultDuplicate: &on.duplicate, faultCaseSensitive: &on.caseSensitive,
		faultMissingName: &on.missingName, faultStringCounts: &on.stringCounts, faultHTMLErrors: &on.htmlErrors,
		faultDrop: &on.drop,
	}
	for _, f := range list {
		if f.Name == faultSlow {
			on.delay += f.Delay
			continue
		}
		flag, ok := switches[f.Name]
		if !ok {
			panic(unknownFault(f.Name))
		}
		*flag = true
	}
	return on
}
