package transport

import (
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"github.com/youmark/pkcs8"
)

// certificate reads the client certificate of the options; nil when there is none.
func (o Options) certificate() (*tls.Certificate, error) {
	if len(o.Certificate) == 0 {
		if len(o.Key) > 0 {
			return nil, errors.New("there is a key for a client certificate but no certificate: give both")
		}
		return nil, nil
	}
	c, err := readChain(o.Certificate)
	if err != nil {
		return nil, err
	}
	if c.PrivateKey, err = readKey(o.Certificate, o.Key, o.Passphrase); err != nil {
		return nil, err
	}
	if !fits(c.PrivateKey, c.Leaf) {
		return nil, errors.New("the client certificate: the key does not fit the first certificate: give the key that was made " +
			"with it, and put the certificate before those of its authorities")
	}
	return c, nil
}

func readChain(text []byte) (*tls.Certificate, error) {
	c := new(tls.Certificate)
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			c.Certificate = append(c.Certificate, block.Bytes)
		}
	}
	if len(c.Certificate) == 0 {
		return nil, errors.New("the client certificate holds no certificate: want a PEM block that begins with -----BEGIN CERTIFICATE-----")
	}
	var err error
	if c.Leaf, err = x509.ParseCertificate(c.Certificate[0]); err != nil {
		return nil, fmt.Errorf("the client certificate cannot be read: %w: export it again", err)
	}
	return c, nil
}

// readKey looks for the key in its own text, and without one behind the certificate.
func readKey(certificate, key []byte, passphrase string) (crypto.Signer, error) {
	where, text := "the key of the client certificate", key
	if len(text) == 0 {
		text = certificate
	}
	block := keyBlock(text)
	if block == nil {
		if len(key) == 0 {
			return nil, errors.New("the client certificate comes without a key: give the key too, or append its PEM block to the certificate")
		}
		return nil, errors.New(where + " holds no key: want a PEM block that begins with -----BEGIN PRIVATE KEY-----")
	}
	parsed, err := parseKey(block, passphrase)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	signer, ok := parsed.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("%s is of a kind that cannot sign (%T): use an RSA, ECDSA or Ed25519 key", where, parsed)
	}
	return signer, nil
}

func keyBlock(text []byte) *pem.Block {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if strings.HasSuffix(block.Type, "PRIVATE KEY") {
			return block
		}
	}
	return nil
}

// ErrNoPassphrase is in the chain of the error of [New] when a key is encrypted and there is no passphrase.
var ErrNoPassphrase = errors.New("it is encrypted: give its passphrase")

var errWrongPassphrase = errors.New("the passphrase is wrong: give the one it was encrypted with")

func parseKey(block *pem.Block, passphrase string) (any, error) {
	if block.Type == "ENCRYPTED PRIVATE KEY" {
		if passphrase == "" {
			return nil, ErrNoPassphrase
		}
		key, err := pkcs8.ParsePKCS8PrivateKey(block.Bytes, []byte(passphrase))
		if err != nil {
			// The package has no error values, so the two cannot be told apart.
			return nil, fmt.Errorf("the passphrase is wrong, or the encryption is none that is understood (%w): give the passphrase "+
				"it was encrypted with, or encrypt it with AES (openssl pkcs8 -topk8 -v2 aes-256-cbc)", err)
		}
		return key, nil
	}
	//lint:ignore SA1019 deprecated, since nothing authenticates the text; exported keys are encrypted that way all the same
	if !x509.IsEncryptedPEMBlock(block) {
		return parsePlainKey(block.Type, block.Bytes)
	}
	if passphrase == "" {
		return nil, ErrNoPassphrase
	}
	//lint:ignore SA1019 as above
	der, err := x509.DecryptPEMBlock(block, []byte(passphrase))
	if errors.Is(err, x509.IncorrectPasswordError) {
		return nil, errWrongPassphrase
	}
	if err != nil {
		return nil, err
	}
	key, err := parsePlainKey(block.Type, der)
	if err != nil { // a wrong passphrase gets past the padding once in 256 times
		return nil, errWrongPassphrase
	}
	return key, nil
}

func parsePlainKey(kind string, der []byte) (any, error) {
	switch kind {
	case "PRIVATE KEY":
		return x509.ParsePKCS8PrivateKey(der)
	case "RSA PRIVATE KEY":
		return x509.ParsePKCS1PrivateKey(der)
	case "EC PRIVATE KEY":
		return x509.ParseECPrivateKey(der)
	}
	return nil, fmt.Errorf("%s is a kind that is not understood: convert it to PKCS#8 (openssl pkcs8 -topk8)", kind)
}

func fits(key crypto.PrivateKey, leaf *x509.Certificate) bool {
	public, ok := key.(crypto.Signer).Public().(interface{ Equal(crypto.PublicKey) bool })
	return ok && public.Equal(leaf.PublicKey)
}
