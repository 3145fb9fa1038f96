import { message } from './message.js';

function show(text) {
    document.getElementById('message').textContent = text;
}

show(message);

if (import.meta.hot) {
    import.meta.hot.accept('./message.js', (changed) => {
        show(changed.message);
    });
}
