// Command installer stands in for the program of install pods.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

const account = "/var/run/secrets/kubernetes.io/serviceaccount/"

func main() {
	switch mode := os.Args[1]; mode {
	case "report":
		report()
		_ = os.WriteFile("/dev/termination-log", []byte("the verdict"), 0o600)
		os.Exit(7)
	case "sleep":
		fmt.Println("sleeping")
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, syscall.SIGTERM)
		<-signals
		fmt.Println("woken")
	default:
		signal.Ignore(syscall.SIGTERM)
		fmt.Println("deaf")
		<-time.After(time.Hour)
	}
}

// report prints what the pod gave, and whom the API server takes it for.
func report() {
	fmt.Println("greeting:", os.Getenv("GREETING"))
	for _, path := range []string{account + "namespace", "/etc/request/chart"} {
		data, err := os.ReadFile(path)
		fmt.Println(path+":", string(data), err)
	}
	fmt.Println("user:", os.Getuid())
	fmt.Fprintln(os.Stderr, "who am i:", whoAmI())
}

func whoAmI() string {
	token, err := os.ReadFile(account + "token")
	if err != nil {
		return err.Error()
	}
	ca, err := os.ReadFile(account + "ca.crt")
	if err != nil {
		return err.Error()
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	url := "https://" + os.Getenv("KUBERNETES_SERVICE_HOST") + ":" + os.Getenv("KUBERNETES_SERVICE_PORT") +
		"/apis/authentication.k8s.io/v1/selfsubjectreviews"
	request, err := http.NewRequest(http.MethodPost, url, strings.NewReader(`{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}`))
	if err != nil {
		return err.Error()
	}
	request.Header.Set("Authorization", "Bearer "+string(token))
	request.Header.Set("Content-Type", "application/json")
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	response, err := client.Do(request)
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err.Error()
	}
	_, user, _ := strings.Cut(string(body), `"username":"`)
	user, _, _ = strings.Cut(user, `"`)
	return user
}
