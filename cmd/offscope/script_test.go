package main

import (
	"encoding/pem"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"offscope/fixtures"
	"offscope/scim"
)

// TestMain lets script tests call the real program as offscope, in a process of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"offscope": main})
}

// TestScripts runs the scripts in testdata/script. The first word of a script's name is what the program makes of it: ok,
// fail, error, usage; limit for the limits; export for what is in the file. Each script finds
//
//	$SCIM      a fresh SCIM server, whose bearer token is script-test-token
//	$STUB      a server that does as the path says (puppet_test.go); $TLS the same with a certificate, which is in ca.pem
//	$TLS2      the same with HTTP/2; $MTLS the same for those who show the certificate in client.pem and client.key
//	$STUB_HOST, $TLS_HOST  their hosts and ports
//	$SOCKET    a Unix socket with such a server
//	$SHOP      a server with a state (shop_test.go), $SHOPPING a folder with a test of it
//	$CLOSED    an address where nothing listens
//	$FIXTURES  the folder of the shipped tests
//
// and the commands of commands_test.go. UPDATE_GOLDEN=1 rewrites what stdout and stderr are compared with.
func TestScripts(t *testing.T) {
	shipped := t.TempDir()
	if err := os.CopyFS(shipped, fixtures.FS()); err != nil {
		t.Fatal(err)
	}
	shopping, err := filepath.Abs("testdata/shop")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                "testdata/script",
		UpdateScripts:      os.Getenv("UPDATE_GOLDEN") != "",
		RequireUniqueNames: true,
		Deadline:           time.Now().Add(8 * time.Minute), // of all scripts: one that waits for ever is not waited for
		Cmds:               scriptCommands,
		Setup: func(env *testscript.Env) error {
			env.Setenv("FIXTURES", shipped)
			env.Setenv("SHOPPING", shopping)
			env.Setenv("GORACE", "atexit_sleep_ms=0") // a second of sleep at the end of every process otherwise
			return startScriptServers(env)
		},
	})
}

func startScriptServers(env *testscript.Env) error {
	who, err := clientIdentity()
	if err != nil {
		return err
	}
	p := newPuppet()
	env.Defer(p.calls.Wait)
	ours := map[string]*httptest.Server{
		"SCIM": httptest.NewServer(scim.NewServer(scim.Options{Bearer: "script-test-token"})), "SHOP": httptest.NewServer(newShop()),
		"STUB": newPlainPuppet(p), "TLS": newTLSPuppet(p), "TLS2": newTLSPuppet(p, withHTTP2), "MTLS": newTLSPuppet(p, withClients(who)),
	}
	for name, s := range ours {
		env.Defer(s.Close)
		_, host, _ := strings.Cut(s.URL, "://")
		env.Setenv(name, s.URL)
		env.Setenv(name+"_HOST", host)
		env.Setenv(name+"_PORT", host[strings.LastIndexByte(host, ':')+1:])
	}
	closed, err := closedAddress()
	if err != nil {
		return err
	}
	env.Setenv("CLOSED", "http://"+closed)
	if err := startSocketPuppet(env, p); err != nil {
		return err
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ours["TLS"].Certificate().Raw})
	if err := os.WriteFile(filepath.Join(env.WorkDir, "ca.pem"), certificate, 0o600); err != nil {
		return err
	}
	return writeIdentity(env, who)
}

// startSocketPuppet starts a puppet at a Unix socket, whose path must be short.
func startSocketPuppet(env *testscript.Env, p *puppet) error {
	folder, err := os.MkdirTemp("", "offscope")
	if err != nil {
		return err
	}
	env.Defer(func() { os.RemoveAll(folder) })
	path := filepath.Join(folder, "socket")
	s, err := newSocketPuppet(p, path)
	if err != nil {
		return err
	}
	env.Defer(func() { s.Close() })
	env.Setenv("SOCKET", path)
	return nil
}

// closedAddress returns an address of this machine where nothing listens.
func closedAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}
