package jsengine

import (
	"fmt"

	"offscope/source"
)

// A Library is a custom script library that was compiled: code of the user's own that runs before a script, in the script's
// interpreter, and may define globals or put its own in the place of what is there. It does not change, and any number of
// scripts may use it at once.
type Library struct{ program *Program }

// maxLibrary is the largest text of a custom library (vendor documentation: 1 MB each).
const maxLibrary = 1 << 20

// CompileLibrary compiles a custom library. The name is what users know it by, such as its file's. When the library cannot
// be compiled, or is larger than the hosted service takes, the diagnostic says where.
func CompileLibrary(text source.Text, name string) (*Library, *source.Diagnostic) {
	if len(text.Value) > maxLibrary {
		return nil, &source.Diagnostic{
			Code: "library-size", Place: text.Place,
			Message: fmt.Sprintf("the script library %s has %d bytes, and %d are allowed", name, len(text.Value), maxLibrary),
			Hint:    "the hosted service takes up to 1 MB: use a minified build",
		}
	}
	p, problem := Compile(text, name)
	if problem != nil {
		problem.Message = fmt.Sprintf("script library %s: %s", name, problem.Message)
		return nil, problem
	}
	return &Library{program: p}, nil
}

// Name returns the name the library was compiled with.
func (l *Library) Name() string { return l.program.name }

// Text returns the library's text.
func (l *Library) Text() string { return l.program.script.Value }

// Mentions reports whether a name stands in the library's code, as a name or as a text, comments aside.
func (l *Library) Mentions(name string) bool { return l.program.mentioned[name] }

// Warnings are remarks on constructs in the library that the engine accepts and that do not do what their author expects.
func (l *Library) Warnings() []source.Diagnostic { return l.program.Warnings() }

// loadLibraries runs the custom libraries in order. Vendor documentation: they load after the built-in ones, and can
// overwrite them.
func (m *machine) loadLibraries() {
	for _, l := range m.world.Libraries {
		m.loading = l.program
		_, err := m.vm.RunProgram(l.program.code)
		m.must(err)
	}
	m.loading = nil
}

// reaches reports whether the script, or a library it may call, can touch a global.
func (m *machine) reaches(name string) bool {
	return m.anyProgram(func(p *Program) bool { return p.reaches(name) })
}

// anyProgram reports whether a predicate holds for the script or a custom library.
func (m *machine) anyProgram(holds func(*Program) bool) bool {
	return anyProgram(m.program, m.world, holds)
}

func anyProgram(p *Program, w World, holds func(*Program) bool) bool {
	for _, l := range w.Libraries {
		if holds(l.program) {
			return true
		}
	}
	return holds(p)
}
