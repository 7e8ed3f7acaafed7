package transport

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"testing"

	"offscope/exchange"
)

// BenchmarkKeepAlive compares a client with the same requests by net/http alone, over one kept connection.
func BenchmarkKeepAlive(b *testing.B) {
	for _, size := range []int{0, 2 << 10, 5 << 20} {
		body := bytes.Repeat([]byte("x"), size)
		s := server(b, func(w http.ResponseWriter, r *http.Request) { w.Write(body) })
		name := bytesText(int64(size))
		b.Run(name+"/bare", func(b *testing.B) { bare(b, s.URL) })
		b.Run(name+"/client", func(b *testing.B) { client(b, s.URL) })
	}
}

func BenchmarkGzip(b *testing.B) {
	url := coded(b, "gzip", gzipped(bytes.Repeat([]byte("some text "), 2000)))
	b.Run("bare", func(b *testing.B) { bare(b, url) })
	b.Run("client", func(b *testing.B) { client(b, url) })
}

func bare(b *testing.B, url string) {
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	b.ReportAllocs()
	for b.Loop() {
		r, err := http.NewRequest("GET", url, nil)
		if err != nil {
			b.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer token")
		response, err := transport.RoundTrip(r)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadAll(response.Body); err != nil {
			b.Fatal(err)
		}
		response.Body.Close()
	}
}

func client(b *testing.B, url string) {
	c := newClient(b, Options{})
	r := get(url)
	r.Header = exchange.Header{{Name: "Authorization", Value: "Bearer token"}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Send(context.Background(), r); err != nil {
			b.Fatal(err)
		}
	}
}
