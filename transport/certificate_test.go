package transport

import (
	"context"
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// certified returns a certificate that a key signed for itself.
func certified(t testing.TB, key crypto.Signer) []byte {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "client.example.test"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func keyPEM(t testing.TB, kind string, der []byte, err error) []byte {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func pkcs8PEM(t testing.TB, key crypto.Signer) []byte {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return keyPEM(t, "PRIVATE KEY", der, err)
}

func TestClientCertificateIsShown(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.TLS.PeerCertificates[0].Subject.CommonName)
	}))
	// The list of authorities names none of ours: the certificate is sent all the same.
	s.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, ClientCAs: x509.NewCertPool()}
	s.TLS.ClientCAs.AppendCertsFromPEM([]byte(otherAuthority))
	s.StartTLS()
	t.Cleanup(s.Close)

	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rs, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, ed, _ := ed25519.GenerateKey(rand.Reader)
	ecDER, err := x509.MarshalECPrivateKey(ec)
	sec1 := keyPEM(t, "EC PRIVATE KEY", ecDER, err)
	pkcs1 := keyPEM(t, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rs), nil)
	tests := []struct {
		name string
		o    Options
	}{
		{"ECDSA", Options{Certificate: certified(t, ec), Key: pkcs8PEM(t, ec)}},
		{"ECDSA, SEC 1", Options{Certificate: certified(t, ec), Key: sec1}},
		{"RSA", Options{Certificate: certified(t, rs), Key: pkcs8PEM(t, rs)}},
		{"RSA, PKCS#1", Options{Certificate: certified(t, rs), Key: pkcs1}},
		{"Ed25519", Options{Certificate: certified(t, ed), Key: pkcs8PEM(t, ed)}},
		{"key behind the certificate", Options{Certificate: append(certified(t, ec), sec1...)}},
		{"key before the certificate", Options{Certificate: append(pkcs8PEM(t, ec), certified(t, ec)...)}},
		{"chain", Options{Certificate: append(certified(t, ec), otherAuthority...), Key: sec1}},
		{"passphrase for nothing", Options{Certificate: certified(t, ec), Key: sec1, Passphrase: "x"}},
		{"legacy encryption", Options{Certificate: []byte(clientCertificate), Key: []byte(legacyKey), Passphrase: "opensesame"}},
		{"PKCS#8 encryption", Options{Certificate: []byte(clientCertificate), Key: []byte(encryptedKey), Passphrase: "opensesame"}},
		{"encrypted in one file", Options{Certificate: []byte(encryptedKey + clientCertificate), Passphrase: "opensesame"}},
		{"HTTP/2", Options{Certificate: certified(t, ec), Key: sec1, HTTPVersion: HTTP2Fallback}},
	}
	for _, test := range tests {
		test.o.Insecure = true
		got, err := newClient(t, test.o).Send(context.Background(), get(s.URL))
		if err != nil || string(got.Body) != "client.example.test" {
			t.Errorf("%s: %v, %v", test.name, got, err)
		}
	}
}

func TestUnusableClientCertificateIsRefused(t *testing.T) {
	t.Parallel()
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cert, key := certified(t, ec), pkcs8PEM(t, ec)
	agreeing, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	x25519, err := x509.MarshalPKCS8PrivateKey(agreeing)
	unsigning := keyPEM(t, "PRIVATE KEY", x25519, err)
	const where = "the key of the client certificate"
	tests := []struct {
		name              string
		cert, key, phrase string
		want              string
	}{
		{"a key alone", "", string(key), "", "there is a key for a client certificate but no certificate"},
		{"no PEM", "nonsense", string(key), "", "the client certificate holds no certificate: want a PEM block"},
		{"a key for a certificate", string(key), string(key), "", "the client certificate holds no certificate: want a PEM block"},
		{"a broken certificate", string(keyPEM(t, "CERTIFICATE", []byte("x"), nil)), string(key), "", "the client certificate cannot be read: "},
		{"no key", string(cert), "", "", "the client certificate comes without a key: give the key too"},
		{"a key that is none", string(cert), string(cert), "", where + " holds no key: want a PEM block"},
		{"a broken key", string(cert), string(keyPEM(t, "PRIVATE KEY", []byte("x"), nil)), "", where + ": "},
		{"an unknown kind", string(cert), string(keyPEM(t, "OPENSSH PRIVATE KEY", []byte("x"), nil)), "",
			where + ": OPENSSH PRIVATE KEY is a kind that is not understood: convert it to PKCS#8"},
		{"a key that cannot sign", string(cert), string(unsigning), "", where + " is of a kind that cannot sign"},
		{"another's key", clientCertificate, string(key), "", "the client certificate: the key does not fit the first certificate: "},
		{"another's certificate first", otherAuthority + string(cert), string(key), "", "the client certificate: the key does not fit the first"},
		{"legacy without passphrase", clientCertificate, legacyKey, "", where + ": it is encrypted: give its passphrase"},
		{"PKCS#8 without passphrase", clientCertificate, encryptedKey, "", where + ": it is encrypted: give its passphrase"},
		{"legacy with a wrong one", clientCertificate, legacyKey, "closesesame", where + ": the passphrase is wrong: "},
		{"PKCS#8 with a wrong one", clientCertificate, encryptedKey, "closesesame", where + ": the passphrase is wrong, or the encryption"},
		{"encryption of old", clientCertificate, oldEncryptedKey, "opensesame", where + ": the passphrase is wrong, or the encryption is none that is understood"},
	}
	for _, test := range tests {
		c, err := New(Options{Certificate: []byte(test.cert), Key: []byte(test.key), Passphrase: test.phrase})
		if c != nil || err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if test.phrase != "" && strings.Contains(err.Error(), test.phrase) {
			t.Errorf("%s: the passphrase is in the message: %v", test.name, err)
		}
	}
}

func TestEveryWrongPassphraseIsRefused(t *testing.T) {
	t.Parallel()
	// Of 1000 wrong ones a few decrypt to something with a valid padding.
	for i := range 1000 {
		_, err := New(Options{Certificate: []byte(clientCertificate), Key: []byte(legacyKey), Passphrase: strings.Repeat("x", i+1)})
		if err == nil || !strings.HasSuffix(err.Error(), errWrongPassphrase.Error()) {
			t.Fatalf("%d: %v", i, err)
		}
	}
}

// The certificate and its key in three encryptions were made with OpenSSL 3.0, passphrase opensesame. They are good for
// nothing else.
const (
	clientCertificate = `-----BEGIN CERTIFICATE-----
MIIBlDCCATmgAwIBAgIUEYuFkPZizbZtr95r9Qu1ZRfectIwCgYIKoZIzj0EAwIw
HjEcMBoGA1UEAwwTY2xpZW50LmV4YW1wbGUudGVzdDAgFw0yNjExMjIwNTEyMTFa
GA8yMDc2MTEwOTA1MTIxMVowHjEcMBoGA1UEAwwTY2xpZW50LmV4YW1wbGUudGVz
dDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABFkXp5ma9tAPkh4OOTjyxN0Ly62N
WgQPtvuDlX251kXMsrUbbvn1KPE+tmjjSumiKhxS6BEGvbrnjjDeRTG4+XejUzBR
MB0GA1UdDgQWBBRT9jkVdUfe50Va0vjOEsCFOuXLJDAfBgNVHSMEGDAWgBRT9jkV
dUfe50Va0vjOEsCFOuXLJDAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0kA
MEYCIQC+Gjg/9CJ8FqM7gJGvdKwaDzoqG1t7pfOnXisC8xmecQIhAPpFnXjqG0zL
Eh7O9iD4AzqQP6XhmHC4ZeNAkmLgOY02
-----END CERTIFICATE-----
`
	legacyKey = `-----BEGIN EC PRIVATE KEY-----
Proc-Type: 4,ENCRYPTED
DEK-Info: AES-128-CBC,FAE91AD303C192C648116861355E7ED3

Fz8Dp77HrBmeZO2TBaTLEPPqK8oVbyPH3W8T+nxvLlZqbrlC1IrPGlI1bOtKWKeE
63/yarHbgnLnh8CLq3wHLBOruHsuSZ2ALcjIxlGswN63U5Ra89UmG3nwaK0P94Iu
0Z6SXrJpnOJQxMJHnXCwzw/GeI0TFLcsFQ2m0VFh9qE=
-----END EC PRIVATE KEY-----
`
	encryptedKey = `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgXLceJwVasqwICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEKvN6XCcp4587MywaEwWei8EgZBl
OyCVJZCIwYvq5uNJkH6C9GVhLL9r1LmnH6dRtJV07+giC/Qi90UMZ+myJuD3WFim
RAhxWb6pC1hdi5vM4Xau1jKaw4YlL3KLH6btdPU3cGgmsE/0iQ0y6/B6YcJ6Y70S
orel/IJCnSLVtgpbVAAfcziWLPS22Jsc+Qz8uLOq5NzlRa7DlwQXUp/1rSGXyBs=
-----END ENCRYPTED PRIVATE KEY-----
`
	oldEncryptedKey = `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGxMBwGCiqGSIb3DQEMAQMwDgQI6VOai2PKEs4CAggABIGQuAPiJ3ifOe3jCgnu
mMRksWdpCi4deFGAx3tImaJu6MHn/sCn3vOhyw6Z41ulpnxR5ujUgp8YNcB7UJ8L
Kgo8UQtmOGMhf75BWQzClwEuGMB3H1OJUwi7oZiTBxWRKmem0bXRfePWB5btjsLy
mQthChiuJu6riRotcjuZxhAt75A/EQ3a3NoreByYlGemlO8W
-----END ENCRYPTED PRIVATE KEY-----
`
)
