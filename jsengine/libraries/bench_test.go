package libraries_test

import (
	"testing"

	"github.com/dop251/goja"
)

// benchmarked are the texts that need no other one to run, Chai's parts among them.
var benchmarked = []string{"chai-assertions", "chai-assert", "chai-loupe", "underscore", "moment", "crypto-js", "chai-json-schema"}

// BenchmarkCompile is the price of a library once per process.
func BenchmarkCompile(b *testing.B) {
	for _, name := range benchmarked {
		l := mustSource(b, name)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := l.compileAnew(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkInstantiate is the price of a compiled library in every VM that touches it.
func BenchmarkInstantiate(b *testing.B) {
	for _, name := range benchmarked {
		l := mustSource(b, name)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := l.instantiate(goja.New(), goja.Undefined()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
