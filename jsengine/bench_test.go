package jsengine

import (
	"context"
	"testing"

	"offscope/source"
)

func BenchmarkScript(b *testing.B) {
	for name, script := range map[string]string{
		"Bare":       `var a = JSON.parse('{"x":[1,2,3]}'); variables.set("n", a.x.length); log(a.x[0])`,
		"Response":   `var a = JSON.parse(response.body); if (a.x !== 1) { throw new Error("x") }`,
		"Chai":       `assert.equal(1, 1); expect([1]).to.include(1); assert.ok(true, "fine")`,
		"Everything": `assert.ok(_.map([1], String)); moment("2020-01-01").format("L"); CryptoJS.MD5("x").toString()`,
	} {
		b.Run(name, func(b *testing.B) {
			p, problem := Compile(source.Opaque(script, source.Place{}), "script")
			if problem != nil {
				b.Fatal(problem)
			}
			e := New(Options{})
			w := World{Role: PostResponse, Request: &Request{URL: "http://localhost/"}, Response: &Response{Body: `{"x":1}`}}
			if f := e.Run(context.Background(), p, w).Failure; f != nil {
				b.Fatal(f.Message)
			}
			for b.Loop() {
				e.Run(context.Background(), p, w)
			}
		})
	}
}

func BenchmarkFirstChai(b *testing.B) {
	p, _ := Compile(source.Opaque(`assert.equal(1, 1)`, source.Place{}), "script")
	for b.Loop() {
		programs.Clear()
		New(Options{}).Run(context.Background(), p, World{})
	}
}

func BenchmarkWarmChai(b *testing.B) {
	p, _ := Compile(source.Opaque(`assert.equal(1, 1)`, source.Place{}), "script")
	for b.Loop() {
		b.StopTimer()
		m := newMachine(newLimits(Options{}))
		m.prepare()
		b.StartTimer()
		m.run(context.Background(), &watchdog{limits: m.limits}, p, World{})
	}
}

func BenchmarkCompile(b *testing.B) {
	script := source.Opaque(`
		var data = JSON.parse(response.body);
		for (var i = 0; i < data.Resources.length; i++) {
			assert.ok(data.Resources[i].id, "has an id");
			variables.set("last", data.Resources[i].id);
		}`, source.Place{})
	for b.Loop() {
		Compile(script, "script")
	}
}
