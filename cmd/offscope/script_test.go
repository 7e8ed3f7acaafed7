package main

import (
	"net/http/httptest"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"offscope/fixtures"
	"offscope/scim"
)

// TestMain lets script tests call the real program as offscope, in a process of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"offscope": main})
}

// TestScripts runs the scripts in testdata/script, each against a fresh SCIM server whose address is $SCIM. The shipped tests
// are in $FIXTURES.
func TestScripts(t *testing.T) {
	shipped := t.TempDir()
	if err := os.CopyFS(shipped, fixtures.FS()); err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: os.Getenv("UPDATE_GOLDEN") != "",
		Setup: func(env *testscript.Env) error {
			server := httptest.NewServer(scim.NewServer(scim.Options{Bearer: "script-test-token"}))
			env.Defer(server.Close)
			env.Setenv("SCIM", server.URL)
			env.Setenv("FIXTURES", shipped)
			return nil
		},
	})
}
