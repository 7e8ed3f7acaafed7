package main

import "testing"

func TestNoPasswordOfAProxyIsInACurlCommand(t *testing.T) {
	t.Parallel()
	for proxy, want := range map[string]string{
		"http://127.0.0.1:3128":            "http://127.0.0.1:3128",
		"127.0.0.1:3128":                   "127.0.0.1:3128",
		"u@127.0.0.1:3128":                 "u@127.0.0.1:3128",
		"http://u:s3cret@127.0.0.1:3128":   `http://u:"$proxy_password"@127.0.0.1:3128`,
		"u:s3:cr@et@127.0.0.1:3128":        `u:"$proxy_password"@127.0.0.1:3128`,
		"socks5h://a b:s3cret@[::1]:1080/": `'socks5h://a b:'"$proxy_password"'@[::1]:1080/'`,
	} {
		if got := proxyWord(proxy); got != want {
			t.Errorf("%s: %s, want %s", proxy, got, want)
		}
	}
}
