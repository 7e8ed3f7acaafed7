package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync/atomic"

	"offscope/scim"
	"offscope/scripts/bench/work"
)

const (
	token     = "bench-token"
	largePath = "/large"
	countPath = "/count"
)

// serve is the server process: SCIM, the large body, and how many requests there were. It ends with its standard input, and
// so with the process that started it, however that ends.
func serve() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("http://" + listener.Addr().String())
	var requests atomic.Int64
	large := work.LargeBody()
	users := scim.NewServer(scim.Options{Bearer: token})
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case countPath:
			fmt.Fprint(w, requests.Swap(0))
			return
		case largePath:
			w.Header().Set("Content-Type", "application/scim+json")
			io.WriteString(w, large)
		default:
			users.ServeHTTP(w, r)
		}
		requests.Add(1)
	})
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	return http.Serve(listener, handler)
}

// A server is the server process as this one sees it.
type server struct {
	url   string
	stdin io.Closer
	cmd   *exec.Cmd
}

func startServer() (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &server{cmd: exec.Command(self, "serve")}
	s.cmd.Stderr = os.Stderr
	if s.stdin, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	_, err = fmt.Fscanln(out, &s.url)
	return s, err
}

func (s *server) stop() {
	s.stdin.Close()
	s.cmd.Wait()
}

// base is the address of the SCIM service.
func (s *server) base() string { return s.url + scim.PathV2 }

// get reads a text, on a connection of its own.
func (s *server) get(path string) (string, error) {
	request, err := http.NewRequest("GET", s.url+path, nil)
	if err != nil {
		return "", err
	}
	request.Close = true
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return string(body), err
}

// requests returns how many there were since it was last asked.
func (s *server) requests() (int, error) {
	text, err := s.get(countPath)
	if err != nil {
		return 0, err
	}
	var n int
	_, err = fmt.Sscan(text, &n)
	return n, err
}
