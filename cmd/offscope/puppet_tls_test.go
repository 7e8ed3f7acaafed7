package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/youmark/pkcs8"
)

// newTLSPuppet starts a puppet that shows a certificate nobody has reason to trust, and that does what else is wanted.
func newTLSPuppet(p *puppet, wants ...func(*httptest.Server)) *httptest.Server {
	s := httptest.NewUnstartedServer(p)
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // failed handshakes are what these tests are about
	for _, want := range wants {
		want(s)
	}
	s.StartTLS()
	return s
}

func withHTTP2(s *httptest.Server) { s.EnableHTTP2 = true }

// withClients lets only those in who show the certificate of [clientIdentity].
func withClients(who identity) func(*httptest.Server) {
	return func(s *httptest.Server) {
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(who.certificate)
		s.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool}
	}
}

// newPlainPuppet starts a puppet without TLS that also speaks HTTP/2.
func newPlainPuppet(p *puppet) *httptest.Server {
	s := httptest.NewUnstartedServer(p)
	s.Config.Protocols = new(http.Protocols)
	s.Config.Protocols.SetHTTP1(true)
	s.Config.Protocols.SetUnencryptedHTTP2(true)
	s.Start()
	return s
}

// newSocketPuppet starts a puppet at a Unix socket.
func newSocketPuppet(p *puppet, path string) (*http.Server, error) {
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	s := &http.Server{Handler: p}
	go s.Serve(listener)
	return s, nil
}

// An identity is a client's certificate with its key, in PEM.
type identity struct{ certificate, key, encrypted []byte }

// clientPassphrase opens the encrypted key of [clientIdentity].
const clientPassphrase = "c4nary-PassX"

var clientIdentity = sync.OnceValues(func() (identity, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return identity{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "robot"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return identity{}, err
	}
	plain, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return identity{}, err
	}
	encrypted, err := pkcs8.MarshalPrivateKey(key, []byte(clientPassphrase), nil)
	if err != nil {
		return identity{}, err
	}
	block := func(kind string, der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}) }
	return identity{block("CERTIFICATE", certificate), block("PRIVATE KEY", plain), block("ENCRYPTED PRIVATE KEY", encrypted)}, nil
})

// writeIdentity leaves the client's certificate in client.pem, and its key in client.key, encrypted.key and, with the
// certificate, in both.pem. pasted.json is an environment with the text of both.
func writeIdentity(env *testscript.Env, who identity) error {
	both := slices.Concat(who.certificate, who.key)
	pasted, err := json.Marshal(map[string]any{"name": "pasted", "verify_ssl": false, "client_certificate": string(both)})
	if err != nil {
		return err
	}
	for name, text := range map[string][]byte{
		"client.pem": who.certificate, "client.key": who.key, "encrypted.key": who.encrypted, "both.pem": both, "pasted.json": pasted,
	} {
		if err := os.WriteFile(filepath.Join(env.WorkDir, name), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}
