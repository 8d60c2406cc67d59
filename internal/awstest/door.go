package awstest

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"sync"
	"syscall"
	"time"
)

// dialTimeout is for a port of the same machine.
const dialTimeout = 5 * time.Second

// door is a port that is kept and refuses connections, until it opens and leads to an API server.
type door struct {
	target string
	file   *os.File
	open   net.Listener
	timer  *time.Timer
	ended  func() // once, when nothing of it runs any more

	mu          sync.Mutex
	closed      bool
	connections map[net.Conn]bool
}

// openLater returns an address that refuses connections until then, and leads to the URL from then on.
func (c *Cloud) openLater(at time.Time, to string) (string, *door) {
	target, err := url.Parse(to)
	if err != nil {
		return to, nil
	}
	d := &door{target: target.Host, connections: map[net.Conn]bool{}}
	port, err := d.bind()
	if err != nil {
		return to, nil
	}
	c.doors.Add(1)
	d.ended = c.doors.Done
	d.timer = time.AfterFunc(at.Sub(c.config.Now()), func() {
		defer d.ended()
		d.serve()
	})
	c.opened = append(c.opened, d)
	target.Host = fmt.Sprintf("127.0.0.1:%d", port)
	return target.String(), d
}

// bind takes a port without listening, so that nobody else gets it and whoever dials it is refused.
func (d *door) bind() (port int, err error) {
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("make a socket: %w", err)
	}
	d.file = os.NewFile(uintptr(socket), "door")
	if err := syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, fmt.Errorf("take a port: %w", err)
	}
	address, err := syscall.Getsockname(socket)
	if err != nil {
		return 0, fmt.Errorf("read the port: %w", err)
	}
	inet, _ := address.(*syscall.SockaddrInet4)
	return inet.Port, nil
}

func (d *door) serve() {
	d.mu.Lock()
	if d.closed || syscall.Listen(int(d.file.Fd()), 128) != nil {
		d.mu.Unlock()
		return
	}
	listener, err := net.FileListener(d.file)
	d.open = listener
	d.mu.Unlock()
	if err != nil {
		return
	}
	var pairs sync.WaitGroup
	defer pairs.Wait()
	for {
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		pairs.Go(func() { d.join(connection) })
	}
}

// join carries bytes both ways until either side ends.
func (d *door) join(from net.Conn) {
	to, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(context.Background(), "tcp", d.target)
	if err != nil || !d.keep(from, to) {
		_ = from.Close()
		return
	}
	var ways sync.WaitGroup
	for _, pair := range [][2]net.Conn{{from, to}, {to, from}} {
		ways.Go(func() {
			_, _ = io.Copy(pair[0], pair[1])
			_ = pair[0].Close()
			_ = pair[1].Close()
		})
	}
	ways.Wait()
	d.mu.Lock()
	delete(d.connections, from)
	delete(d.connections, to)
	d.mu.Unlock()
}

func (d *door) keep(connections ...net.Conn) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, connection := range connections {
		if d.closed {
			_ = connection.Close()
			continue
		}
		d.connections[connection] = true
	}
	return !d.closed
}

func (d *door) close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	if d.timer.Stop() {
		defer d.ended()
	}
	if d.open != nil {
		_ = d.open.Close()
	}
	for connection := range d.connections {
		_ = connection.Close()
	}
	if err := d.file.Close(); err != nil {
		return fmt.Errorf("give a port back: %w", err)
	}
	return nil
}
