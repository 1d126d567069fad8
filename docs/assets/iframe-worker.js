/* Workers in hidden frames, for the search in pages that were opened from the file system, where
   browsers forbid workers. A frame has no `importScripts`, because the search in English needs none. */
if (location.protocol === "file:") {
  window.IFrameWorker = window.Worker = class extends EventTarget {
    constructor(url) {
      super()
      const frame = document.createElement("iframe")
      frame.hidden = true
      document.body.append(frame)
      const send = (target, data) => target.dispatchEvent(new MessageEvent("message", { data }))
      const worker = frame.contentWindow
      worker.postMessage = data => setTimeout(send, 0, this, data)
      const script = worker.document.createElement("script")
      const loaded = new Promise(resolve => { script.onload = resolve })
      script.src = url
      worker.document.body.append(script)
      this.postMessage = data => loaded.then(() => send(worker, data))
      this.terminate = () => frame.remove()
    }
  }
}
