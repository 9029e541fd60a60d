"""Pages of customer care, below /care/."""

from django.urls import path

from whatsapp.views import channels, contacts, customers, inbox, media, replies, roster, simulator, tickets

app_name = "whatsapp"
urlpatterns = [
    path("inbox/", inbox.index, name="inbox"),
    path("inbox/<int:pk>/", inbox.conversation, name="conversation"),
    path("inbox/<int:pk>/write/", inbox.write, name="write"),
    path("inbox/<int:pk>/take/", inbox.take, name="take"),
    path("inbox/<int:pk>/hand-back/", inbox.hand_back, name="hand_back"),
    path("inbox/<int:pk>/done/", inbox.done, name="done"),
    path("inbox/<int:pk>/link/", inbox.link, name="link"),
    path("contacts/<int:pk>/forget/", contacts.forget, name="forget"),
    path("judgements/<int:pk>/correct/", inbox.correct, name="correct"),
    path("quality/", inbox.quality, name="quality"),
    path("replies/", replies.index, name="replies"),
    path("replies/new/", replies.edit, name="new_reply"),
    path("replies/<int:pk>/", replies.edit, name="edit_reply"),
    path("replies/<int:pk>/delete/", replies.delete, name="delete_reply"),
    path("customers/<int:number>/", customers.panel, name="customer_panel"),
    path("tickets/", tickets.board, name="tickets"),
    path("tickets/tickets.csv", tickets.export, name="tickets_csv"),
    path("tickets/new/", tickets.new, name="new_ticket"),
    path("tickets/<str:number>/", tickets.detail, name="ticket"),
    path("tickets/<str:number>/step/<slug:state>/", tickets.step, name="ticket_step"),
    path("tickets/<str:number>/change/", tickets.change, name="ticket_change"),
    path("tickets/<str:number>/comment/", tickets.comment, name="ticket_comment"),
    path("tickets/<str:number>/assign/", tickets.assign, name="ticket_assign"),
    path("tickets/<str:number>/incident/", tickets.incident, name="ticket_incident"),
    path("tickets/<str:number>/merge/", tickets.merge, name="ticket_merge"),
    path("reports/<int:pk>/split/", tickets.split, name="split"),
    path("on-call/", roster.page, name="roster"),
    path("on-call/technicians/new/", roster.technician, name="new_technician"),
    path("on-call/technicians/<int:pk>/", roster.technician, name="technician"),
    path("on-call/duties/add/", roster.add_duty, name="add_duty"),
    path("on-call/duties/<int:pk>/<slug:what>/", roster.change_duty, name="change_duty"),
    path("simulator/", simulator.page, name="simulator"),
    path("simulator/send/", simulator.send, name="simulator_send"),
    path("media/<int:pk>/", media.download, name="media"),
    path("channels/", channels.page, name="channels"),
    path("channels/link/", channels.link, name="channels_link"),
    path("channels/unlink/", channels.unlink, name="channels_unlink"),
]
