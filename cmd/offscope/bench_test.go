package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"offscope/fixtures"
	"offscope/scim"
	"offscope/scripts/bench/work"
)

// Whole runs in one process with the server: where the time goes. What a user waits for is measured by scripts/bench-process,
// with the server elsewhere.

// BenchmarkRunSpec is our SPEC test, with four scripts that use Chai and one that uses Underscore.
func BenchmarkRunSpec(b *testing.B) {
	dir := b.TempDir()
	if err := os.CopyFS(dir, fixtures.FS()); err != nil {
		b.Fatal(err)
	}
	benchmarkRun(b, filepath.Join(dir, "scim-20-spec.json"), "-e", filepath.Join(dir, "scim-spec.yaml"),
		"--initial-script", filepath.Join(dir, "scim-spec.js"))
}

// BenchmarkRunSteps is a long test of small requests, the status and one value checked in each.
func BenchmarkRunSteps(b *testing.B) {
	for _, n := range []int{1000, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			file := writeExport(b, work.Steps(n), "{{"+work.BaseVariable+"}}")
			benchmarkRun(b, file)
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/step")
		})
	}
}

// BenchmarkRunLargeBody is one request with a thousand checks all over a body of 5 MB.
func BenchmarkRunLargeBody(b *testing.B) {
	body := work.LargeBody()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) }))
	defer server.Close()
	benchmarkRun(b, writeExport(b, work.Large(1000), "{{"+work.LargeVariable+"}}"), "--var", work.LargeVariable+"="+server.URL)
}

func writeExport(b *testing.B, requests []work.Request, base string) string {
	b.Helper()
	file := filepath.Join(b.TempDir(), "test.json")
	if err := work.WriteExport(file, "bench", base, requests, false); err != nil {
		b.Fatal(err)
	}
	return file
}

func benchmarkRun(b *testing.B, file string, more ...string) {
	b.Helper()
	server := httptest.NewServer(scim.NewServer(scim.Options{Bearer: "bench", NewID: counter()}))
	defer server.Close()
	args := append([]string{"offscope", "run", file, "--pauses", "skip", "--var", work.BaseVariable + "=" + server.URL + scim.PathV2,
		"--secret", work.TokenVariable + "=Bearer bench", "--var", work.UserVariable + "=id-000001"}, more...)
	s := system{stdin: http.NoBody, stdout: io.Discard, stderr: b.Output(), width: func() int { return 0 }, notify: noSignals}
	b.ReportAllocs()
	for b.Loop() {
		if code := run(context.Background(), s, args); code != exitPassed {
			b.Fatalf("exit code %d", code)
		}
	}
}

func noSignals(chan<- os.Signal) func() { return func() {} }

// counter makes ids that are known: the first user has the first one.
func counter() func() string {
	n := 0
	return func() string {
		n++
		return fmt.Sprintf("id-%06d", n)
	}
}
