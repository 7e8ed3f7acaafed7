package bucket

// Walk calls visit for every step, a step that holds others before those.
func Walk(steps []Step, visit func(Step)) {
	for _, step := range steps {
		visit(step)
		Walk(Inner(step), visit)
	}
}

// Inner returns the steps that a condition or a loop holds; nil for other steps.
func Inner(step Step) []Step {
	switch s := step.(type) {
	case *Condition:
		return s.Steps
	case *Loop:
		return s.Steps
	}
	return nil
}

// ChecksOf returns what happens around a step's exchange; nil for a step of a kind that has none.
func ChecksOf(step Step) *Checks {
	switch s := step.(type) {
	case *Request:
		return &s.Checks
	case *Subtest:
		return &s.Checks
	case *Inbound:
		return &s.Checks
	case *GhostInspector:
		return &s.Checks
	}
	return nil
}
