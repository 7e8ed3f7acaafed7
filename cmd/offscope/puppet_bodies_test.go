package main

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// parse answers how a server of another make reads the body: net/http's readers of forms, encoding/json for GraphQL, a digest
// for anything else.
func (p *puppet) parse(w http.ResponseWriter, r *http.Request) {
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	answer := map[string]any{"method": r.Method, "type": kind}
	read := p.readBytes
	switch {
	case kind == "multipart/form-data":
		read = p.readParts
	case kind == "application/x-www-form-urlencoded":
		read = p.readForm
	case r.URL.Query().Has("graphql"):
		read = p.readGraphQL
	}
	if err := read(r, answer); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	p.writeJSON(w, answer)
}

func (*puppet) readForm(r *http.Request, answer map[string]any) error {
	err := r.ParseForm()
	answer["form"], answer["query"] = r.PostForm, r.URL.Query()
	return err
}

func (*puppet) readParts(r *http.Request, answer map[string]any) error {
	reader, err := r.MultipartReader()
	if err != nil {
		return err
	}
	var parts []map[string]any
	for {
		part, err := reader.NextPart()
		if err == io.EOF {
			answer["parts"] = parts
			return nil
		}
		if err != nil {
			return err
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return err
		}
		parts = append(parts, map[string]any{
			"name": part.FormName(), "file": part.FileName(), "type": part.Header.Get("Content-Type"), "text": string(content), "digest": digest(content),
		})
	}
}

func (*puppet) readGraphQL(r *http.Request, answer map[string]any) error {
	var query struct {
		Query         string         `json:"query"`
		OperationName string         `json:"operationName"`
		Variables     map[string]any `json:"variables"`
	}
	strict := json.NewDecoder(r.Body)
	strict.DisallowUnknownFields()
	if err := strict.Decode(&query); err != nil {
		return err
	}
	answer["graphql"] = query
	return nil
}

func (*puppet) readBytes(r *http.Request, answer map[string]any) error {
	content, err := io.ReadAll(r.Body)
	answer["bytes"], answer["digest"], answer["text"] = len(content), digest(content), string(content)
	return err
}

func digest(content []byte) string { return fmt.Sprintf("%x", sha256.Sum256(content)) }

// encoded answers in the content coding that ?as= names, whatever the client accepts.
func (p *puppet) encoded(w http.ResponseWriter, r *http.Request) {
	as := r.URL.Query().Get("as")
	var body bytes.Buffer
	writers := map[string]func() (io.WriteCloser, error){
		"br":      func() (io.WriteCloser, error) { return brotli.NewWriter(&body), nil },
		"zstd":    func() (io.WriteCloser, error) { return zstd.NewWriter(&body) },
		"gzip":    func() (io.WriteCloser, error) { return gzip.NewWriter(&body), nil },
		"deflate": func() (io.WriteCloser, error) { return zlib.NewWriter(&body), nil },
		"raw":     func() (io.WriteCloser, error) { return flate.NewWriter(&body, flate.BestSpeed) },
	}
	writer, err := writers[as]()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	fmt.Fprintf(writer, `{"as": %q, "grüße": %q}`, as, strings.Repeat("ü", 1000))
	writer.Close()
	if as == "raw" {
		as = "deflate" // what many servers send under that name
	}
	w.Header().Set("Content-Encoding", as)
	w.Header().Set("Content-Type", "application/json")
	w.Write(body.Bytes())
}

// proto answers in which version of HTTP it was asked, and whom the client's certificate names.
func (p *puppet) proto(w http.ResponseWriter, r *http.Request) {
	client := ""
	if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
		client = r.TLS.PeerCertificates[0].Subject.CommonName
	}
	p.writeJSON(w, map[string]any{"proto": r.Proto, "tls": r.TLS != nil, "client": client})
}

// cookie sets the cookies that the query names, and answers those that came.
func (p *puppet) cookie(w http.ResponseWriter, r *http.Request) {
	for name, values := range r.URL.Query() {
		w.Header().Add("Set-Cookie", name+"="+values[0]+"; Path=/")
	}
	p.writeJSON(w, map[string]any{"cookie": r.Header.Get("Cookie")})
}

// count answers how often it was asked under this ?name=.
func (p *puppet) count(w http.ResponseWriter, r *http.Request) {
	p.writeJSON(w, map[string]any{"n": p.add(r.URL.Query().Get("name"))})
}

// call sends the request's body to the address in ?to= a moment later, as a service does that calls back.
func (p *puppet) call(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	to := r.URL.Query().Get("to")
	p.calls.Go(func() {
		time.Sleep(20 * time.Millisecond)
		request, err := http.NewRequest(http.MethodPut, to, bytes.NewReader(body))
		if err != nil {
			return
		}
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("X-Event", "done")
		if response, err := http.DefaultClient.Do(request); err == nil {
			response.Body.Close()
		}
	})
	w.WriteHeader(http.StatusAccepted)
}
